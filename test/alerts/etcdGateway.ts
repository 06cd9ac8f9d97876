import { until } from '../../tools/testbed/until.ts';
import { sendHttp } from '../support/sendHttp.ts';

/** What others do to the records of a pool, through etcd's JSON gateway, as with curl. */
export class EtcdGateway {
  readonly #url: string;
  readonly #prefix: string;

  constructor(url: string, prefix: string) {
    this.#url = url;
    this.#prefix = prefix;
  }

  async put(name: string, value: Buffer): Promise<void> {
    await this.#call('kv/put', { key: this.#key(name), value: value.toString('base64') });
  }

  async delete(name: string): Promise<void> {
    await this.#call('kv/deleterange', { key: this.#key(name) });
  }

  /** Resolves when the record is back, under another lease. */
  async revokeLeaseOf(name: string): Promise<void> {
    const { lease: ID } = await this.#leased(name, undefined);
    await this.#call('lease/revoke', { ID });
    await this.#leased(name, ID);
  }

  #leased(name: string, not: string | undefined): Promise<{ readonly lease: string }> {
    const find = async (): Promise<{ readonly lease: string } | undefined> => {
      const { lease = '0' } = (await this.#range(name)) ?? {};
      return lease === '0' || lease === not ? undefined : { lease };
    };
    return until(find, { what: `a lease of ${name}` });
  }

  async #range(name: string): Promise<{ readonly lease?: string } | undefined> {
    const answer = (await this.#call('kv/range', { key: this.#key(name) })) as {
      kvs?: readonly { lease?: string }[];
    };
    return answer.kvs?.[0];
  }

  #key(name: string): string {
    return Buffer.from(`${this.#prefix}/${name}`).toString('base64');
  }

  async #call(path: string, body: object): Promise<unknown> {
    const { status, text } = await sendHttp(`${this.#url}/v3/${path}`, { body });
    if (status !== 200) throw new Error(`etcd answered ${status} to ${path}: ${text}`);
    return JSON.parse(text);
  }
}
