import { startAdmin } from '../admin/server.ts';

type Admin = Awaited<ReturnType<typeof startAdmin>>;

/** The admin port of one instance, or none (`admin.address: off`). */
export class AdminPort {
  readonly #address: string;
  #admin: Admin | undefined;

  constructor(address: string) {
    this.#address = address;
  }

  /** The address that is bound; undefined while there is none. */
  get address(): string | undefined {
    return this.#admin?.address;
  }

  /** @throws BatonError `listen-failed` */
  async open(sources: Omit<Parameters<typeof startAdmin>[0], 'address'>): Promise<void> {
    if (this.#address === 'off') return;
    this.#admin = await startAdmin({ ...sources, address: this.#address });
  }

  async close(): Promise<void> {
    await this.#admin?.stop();
  }
}
