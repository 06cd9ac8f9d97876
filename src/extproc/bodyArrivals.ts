/**
 * Whether Envoy sends the bodies that it is asked for. It does not say whether its filter allows
 * that (`allow_mode_override`), and where it does not, nothing follows the request headers.
 *
 * Until a body has arrived, the decision on the headers is therefore counted at once. From then on
 * the count waits for the body, so that a slow upload is no load.
 */
export class BodyArrivals {
  #areExpected = false;

  get areExpected(): boolean {
    return this.#areExpected;
  }

  onBody(): void {
    this.#areExpected = true;
  }

  /** An exchange ended without its body: its client left, or Envoy does not send any. */
  onMissing(): void {
    this.#areExpected = false;
  }
}
