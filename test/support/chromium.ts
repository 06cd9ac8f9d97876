import { accessSync, constants, existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { DevtoolsConnection } from './devtools.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** The browser that `CHROMIUM_BIN` names, or one on the PATH; undefined: there is none. */
export function findChromium(env: NodeJS.ProcessEnv): string | undefined {
  if (env.CHROMIUM_BIN !== undefined) return existsSync(env.CHROMIUM_BIN) ? env.CHROMIUM_BIN : undefined;
  const folders = (env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface WindowOptions {
  readonly width: number;
  readonly height: number;
  readonly isDark?: boolean;
}

/** A headless Chromium with a profile of its own, driven over its DevTools protocol. */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #connection: DevtoolsConnection;
  readonly #folder: string;

  private constructor(process: ChildProcess, connection: DevtoolsConnection, folder: string) {
    this.#process = process;
    this.#connection = connection;
    this.#folder = folder;
  }

  static async start(command: string): Promise<Chromium> {
    const folder = await mkdtemp(join(tmpdir(), 'baton-chromium-'));
    const process = await ChildProcess.start({
      name: 'chromium',
      command,
      args: [
        // The pages are the project's own, and a sandbox needs rights that containers do not give.
        ...[
          '--headless=new',
          '--no-sandbox',
          '--disable-gpu',
          '--disable-dev-shm-usage',
          '--hide-scrollbars',
        ],
        ...['--no-first-run', '--disable-background-networking', '--disable-component-update'],
        ...[
          '--disable-extensions',
          '--disable-sync',
          '--remote-debugging-port=0',
          `--user-data-dir=${folder}`,
        ],
      ],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder, LANG: 'C.UTF-8' },
    });
    const line = await process.waitForLine(/DevTools listening on ws:/);
    const connection = await DevtoolsConnection.open(line.slice(line.indexOf('ws://')).trim());
    return new Chromium(process, connection, folder);
  }

  async open(url: string, { width, height, isDark = false }: WindowOptions): Promise<BrowserPage> {
    const { targetId } = await this.#connection.send<{ targetId: string }>('Target.createTarget', {
      url: 'about:blank',
    });
    const attach = { targetId, flatten: true };
    const { sessionId } = await this.#connection.send<{ sessionId: string }>('Target.attachToTarget', attach);
    const page = new BrowserPage(this.#connection, sessionId, targetId);
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await page.send(`${domain}.enable`);
    await page.resize(width, height);
    await page.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' }],
    });
    await page.send('Page.navigate', { url });
    return page;
  }

  async stop(): Promise<void> {
    this.#connection.close();
    await this.#process.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export class BrowserPage {
  /** Where it sent requests to. */
  readonly requested: string[] = [];
  /** What the browser complains of: exceptions, refused loads. */
  readonly errors: string[] = [];
  readonly #connection: DevtoolsConnection;
  readonly #sessionId: string;
  readonly #targetId: string;

  constructor(connection: DevtoolsConnection, sessionId: string, targetId: string) {
    this.#connection = connection;
    this.#sessionId = sessionId;
    this.#targetId = targetId;
    connection.onEvent(sessionId, (method, parameters) => {
      const { request, exceptionDetails, entry } = parameters as {
        request?: { url: string };
        exceptionDetails?: { text: string; exception?: { description?: string } };
        entry?: { level: string; source: string; text: string };
      };
      if (method === 'Network.requestWillBeSent' && request) this.requested.push(request.url);
      if (exceptionDetails) {
        this.errors.push(exceptionDetails.exception?.description ?? exceptionDetails.text);
      }
      // An instance that has gone is a network error, and no fault of the page.
      if (entry?.level === 'error' && entry.source !== 'network') this.errors.push(entry.text);
    });
  }

  send<Result = unknown>(method: string, parameters: object = {}): Promise<Result> {
    return this.#connection.send<Result>(method, parameters, this.#sessionId);
  }

  /** The value of an expression in the page; it must be JSON. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const answer = await this.send<{ result: { value: Value }; exceptionDetails?: { text: string } }>(
      'Runtime.evaluate',
      { expression, returnByValue: true, awaitPromise: true },
    );
    if (answer.exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(answer.exceptionDetails)}`);
    return answer.result.value;
  }

  async resize(width: number, height: number): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', {
      ...{ width, height, deviceScaleFactor: 1, mobile: false },
    });
  }

  async press(key: string): Promise<void> {
    for (const type of ['keyDown', 'keyUp']) {
      const text = key === 'Enter' ? { text: '\r', windowsVirtualKeyCode: 13 } : {};
      await this.send('Input.dispatchKeyEvent', {
        type,
        key,
        code: key,
        ...(type === 'keyDown' ? text : {}),
      });
    }
  }

  async screenshot(file: string): Promise<void> {
    const { data } = await this.send<{ data: string }>('Page.captureScreenshot', { format: 'png' });
    await writeFile(file, Buffer.from(data, 'base64'));
  }

  async close(): Promise<void> {
    await this.#connection.send('Target.closeTarget', { targetId: this.#targetId });
  }
}
