import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { httpGet, httpGetJson } from '../../tools/testbed/httpGet.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { type UntilOptions, until } from '../../tools/testbed/until.ts';
import { type Compression, compressRules } from './compressRules.ts';

/** A real Prometheus that scrapes real instances and evaluates the shipped rules. */
export interface PrometheusOptions {
  readonly bin: string;
  /** A folder of its own. */
  readonly dir: string;
  readonly compression: Compression;
  /** Between two scrapes of an instance, and two evaluations of the rules. */
  readonly intervalMs: number;
}

export interface FiringAlert {
  readonly alert: string;
  /** The group of instances; '' for an alert about all of them. */
  readonly job: string;
}

interface QueryAnswer {
  readonly data: { readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[] };
}

/** Prometheus' own default is five minutes. */
const lookbackSeconds = 300;
const shippedRules = join(checkoutDir, 'charts/baton/files/alerts.yaml');

export class Prometheus {
  readonly #url: string;
  readonly #targetsFile: string;
  readonly #process: ChildProcess;

  private constructor(url: string, targetsFile: string, process: ChildProcess) {
    this.#url = url;
    this.#targetsFile = targetsFile;
    this.#process = process;
  }

  static async start({ bin, dir, compression, intervalMs }: PrometheusOptions): Promise<Prometheus> {
    await mkdir(dir, { recursive: true });
    const [configFile, rulesFile, targetsFile] = ['prometheus.yml', 'alerts.yaml', 'targets.json'].map(
      (name) => join(dir, name),
    ) as [string, string, string];
    await writeFile(rulesFile, compressRules(await readFile(shippedRules, 'utf8'), compression));
    await writeFile(targetsFile, '[]');
    const interval = `${intervalMs}ms`;
    const config = {
      global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
      rule_files: [rulesFile],
      scrape_configs: [{ job_name: 'baton', file_sd_configs: [{ files: [targetsFile] }] }],
    };
    await writeFile(configFile, stringify(config));
    const port = await freePort();
    const flags = {
      'config.file': configFile,
      'storage.tsdb.path': join(dir, 'data'),
      'web.listen-address': `127.0.0.1:${port}`,
      'query.lookback-delta': `${Math.round((1000 * lookbackSeconds) / compression.factor)}ms`,
      'log.level': 'warn',
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const child = await ChildProcess.start({ name: 'prometheus', command: bin, args });
    const url = `http://127.0.0.1:${port}`;
    await child.waitUntil('its /-/ready', async () => (await httpGet(`${url}/-/ready`)).status === 200);
    return new Prometheus(url, targetsFile, child);
  }

  /** Scrapes these admin ports, by the name of their group. Resolves when each has samples. */
  async scrape(adminUrls: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const groups = [...adminUrls].map(([job, urls]) => ({
      targets: urls.map((url) => new URL(url).host),
      labels: { job },
    }));
    // Whole or not at all: Prometheus reads the file as soon as it changes.
    await writeFile(`${this.#targetsFile}.new`, JSON.stringify(groups));
    await rename(`${this.#targetsFile}.new`, this.#targetsFile);
    const scraped = 'group by (job) (baton_info)';
    await this.#wait('samples', async () => (await this.#query(scraped)).length === adminUrls.size);
  }

  /** Resolves when the alert fires. */
  async waitForAlert(alert: string, job: string, timeoutMs: number): Promise<void> {
    const query = `ALERTS{alertstate="firing", alertname="${alert}", job="${job}"}`;
    await this.#wait(
      `${alert} of ${job || 'all'}`,
      async () => (await this.#query(query)).length > 0,
      timeoutMs,
    );
  }

  /** What has fired since the start, by name and group. */
  async fired(): Promise<readonly FiringAlert[]> {
    const query = 'group by (alertname, job) (last_over_time(ALERTS{alertstate="firing"}[1d]))';
    const found = await this.#query(query);
    return found
      .map(({ alertname: alert = '', job = '' }) => ({ alert, job }))
      .sort((left, right) => (`${left.alert} ${left.job}` < `${right.alert} ${right.job}` ? -1 : 1));
  }

  /** Rules that could not be evaluated, in Prometheus' words. */
  async problems(): Promise<readonly string[]> {
    const answer = (await httpGetJson(`${this.#url}/api/v1/rules`)) as {
      data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
    };
    return answer.data.groups
      .flatMap(({ rules }) => rules)
      .filter(({ health }) => health === 'err')
      .map(({ name, lastError }) => `${name}: ${lastError}`);
  }

  async stop(): Promise<void> {
    await this.#process.kill();
  }

  #wait(what: string, condition: () => Promise<boolean>, timeoutMs = 30_000): Promise<unknown> {
    const options: UntilOptions = { what, timeoutMs, intervalMs: 200 };
    return until(condition, options);
  }

  async #query(query: string): Promise<readonly Readonly<Record<string, string>>[]> {
    const url = `${this.#url}/api/v1/query?query=${encodeURIComponent(query)}`;
    return ((await httpGetJson(url)) as QueryAnswer).data.result.map(({ metric }) => metric);
  }
}
