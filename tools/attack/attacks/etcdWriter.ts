/** Writes to etcd as somebody with its address can, by its JSON gateway. */
export class EtcdWriter {
  readonly #url: string;
  readonly #prefix: string;

  /** @param prefix of every key */
  constructor(url: string, prefix: string) {
    this.#url = url;
    this.#prefix = prefix;
  }

  /** @param lease without one, the record stays */
  async put(key: string, value: Uint8Array, lease?: string): Promise<void> {
    await this.#post('kv/put', { ...this.#record(key, value), ...(lease && { lease }) });
  }

  /** Many records in few transactions, without a lease. */
  async putAll(records: readonly (readonly [key: string, value: Uint8Array])[]): Promise<void> {
    // etcd's limit of a transaction.
    const most = 100;
    for (let from = 0; from < records.length; from += most) {
      const success = records
        .slice(from, from + most)
        .map(([key, value]) => ({ requestPut: this.#record(key, value) }));
      await this.#post('kv/txn', { success });
    }
  }

  async remove(key: string): Promise<void> {
    await this.#post('kv/deleterange', { key: base64(this.#prefix + key) });
  }

  /** Everything whose key begins so. */
  async removeAll(keyPrefix: string): Promise<void> {
    const first = Buffer.from(this.#prefix + keyPrefix);
    const end = Buffer.from(first);
    end[end.length - 1] = (end.at(-1) as number) + 1;
    await this.#post('kv/deleterange', { key: base64(first), range_end: base64(end) });
  }

  /** @returns the lease, which is not kept alive */
  async grant(seconds: number): Promise<string> {
    return (await this.#post('lease/grant', { TTL: seconds })).ID as string;
  }

  async revoke(lease: string): Promise<void> {
    await this.#post('lease/revoke', { ID: lease });
  }

  #record(key: string, value: Uint8Array) {
    return { key: base64(this.#prefix + key), value: base64(value) };
  }

  /** @throws Error with etcd's answer, when it is none of success */
  async #post(path: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.#url}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`etcd answered ${path} with ${answer.status}: ${text.slice(0, 200)}`);
    return JSON.parse(text);
  }
}

const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes as Uint8Array).toString('base64');
