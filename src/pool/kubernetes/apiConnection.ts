/** One request's worth of what an API server asks for. */
export interface ApiConnection {
  readonly apiServer: URL;
  readonly token: string | undefined;
  readonly tls: {
    readonly ca?: Buffer | undefined;
    readonly cert?: Buffer | undefined;
    readonly key?: Buffer | undefined;
    readonly servername?: string | undefined;
  };
}

/** How to reach the API server. */
export interface KubernetesAccess {
  readonly namespace: string;
  /** Called for each request: tokens, certificates and kubeconfig files are renewed. */
  connect(): Promise<ApiConnection>;
}
