import { type Admin, type AdminOptions, type AdminSources, startAdmin } from '../admin/server.ts';

/** The admin port of one instance, or none (`admin.address: off`). */
export class AdminPort {
  readonly #options: Pick<AdminOptions, 'address' | 'allowedHosts'>;
  #admin: Admin | undefined;

  constructor(options: Pick<AdminOptions, 'address' | 'allowedHosts'>) {
    this.#options = options;
  }

  /** The address that is bound; undefined while there is none. */
  get address(): string | undefined {
    return this.#admin?.address;
  }

  /** @throws BatonError `listen-failed` */
  async open(sources: AdminSources): Promise<void> {
    if (this.#options.address === 'off') return;
    this.#admin = await startAdmin({ ...sources, ...this.#options });
  }

  async close(): Promise<void> {
    await this.#admin?.stop();
  }
}
