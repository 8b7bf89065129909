/**
 * PostgreSQL server: a real one for tests, made anew, on a free port of this machine alone, gone when the tests are over.
 *
 * A small shell process waits beside it: when the process of the tests ends, in whatever way, it stops the server and
 * removes the folder. PostgreSQL does not run as root, so under root it is given to an unprivileged user.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';

const PASSWORD = 'known to tests only';
const START_MS = 60_000;
const SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=on', 'max_connections=60'];

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const isFolderOfBinaries = (folder: string): boolean =>
  existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'));

/** Where distributions put the programs of the server, newest version first; the folder that is named comes before all. */
const folderOfBinaries = (): string | undefined => {
  const versions = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt', '/usr'].flatMap((root) =>
    existsSync(root)
      ? readdirSync(root)
          .filter((name) => /^(?:postgresql@|pgsql-)?\d+$/.test(name))
          .sort((a, b) => Number(b.replace(/\D/g, '')) - Number(a.replace(/\D/g, '')))
          .map((name) => join(root, name, 'bin'))
      : [],
  );
  const named = process.env['MEDSTATE_POSTGRES'];
  const candidates = [...(process.env['PATH'] ?? '').split(delimiter), ...versions];
  return (named === undefined ? candidates : [named]).find(isFolderOfBinaries);
};

const binaries = process.platform === 'win32' ? undefined : folderOfBinaries();
const whyLeftOut =
  binaries === undefined
    ? 'left out: no PostgreSQL here; install it, or name its folder of programs in MEDSTATE_POSTGRES'
    : undefined;

/** The user and group to run as; none where this process may run it itself. */
const runner = (): { uid?: number; gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string, user: string): number => {
    const { status, stdout } = spawnSync('id', [flag, user], { encoding: 'utf8' });
    return status === 0 ? Number(stdout) : Number.NaN;
  };
  const user = ['postgres', 'nobody'].find((name) => idOf('-u', name) > 0);
  if (user === undefined) throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody');
  return { uid: idOf('-u', user), gid: idOf('-g', user) };
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });

const GUARD = `
  cat > /dev/null
  pid=$(head -n 1 "$1/data/postmaster.pid" 2> /dev/null)
  is_there() { [ -n "$pid" ] && ps -o comm= -p "$pid" | grep -q postgres; }
  is_there && kill -QUIT "$pid"
  left=100
  while is_there && [ $left -gt 0 ]; do sleep 0.1; left=$((left - 1)); done
  is_there && kill -KILL "$pid"
  rm -rf "$1"`;

/** Stops the server and removes the folder when its standard input ends. In a session of its own: an interrupt is not for it. */
const guard = (folder: string): ChildProcess =>
  spawn('sh', ['-c', GUARD, 'sh', folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

const childrenOf = (pid: number): number[] =>
  spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .stdout.split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (child !== undefined && parent === pid ? [child] : []));

const signal = (pid: number, name: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
};

export class PostgresServer {
  readonly #folder: string;
  readonly #bin: string;
  readonly #owner: { uid?: number; gid?: number };
  readonly #guard: ChildProcess;
  #port = 0;
  #process: ChildProcess | undefined;
  #schemas = 0;
  #admin: Client | undefined;

  /** Makes the data folder. */
  constructor(bin: string) {
    this.#bin = bin;
    this.#owner = runner();
    this.#folder = mkdtempSync(join(tmpdir(), 'medstate-postgres-'));
    this.#guard = guard(this.#folder);
    const [data, passwordFile] = [join(this.#folder, 'data'), join(this.#folder, 'password')];
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(passwordFile, PASSWORD);
    const { uid, gid } = this.#owner;
    if (uid !== undefined && gid !== undefined)
      for (const path of [this.#folder, data, passwordFile]) chownSync(path, uid, gid);
    const options = ['-U', 'medstate', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C'];
    const made = spawnSync(join(bin, 'initdb'), ['-D', data, '--no-sync', ...options], {
      ...this.#owner,
      cwd: this.#folder,
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(`initdb of ${bin} failed: ${made.error ?? ''}${made.stderr}`);
  }

  /** How to connect. */
  get connection(): ClientConfig {
    return { host: '127.0.0.1', port: this.#port, database: 'postgres', user: 'medstate', password: PASSWORD };
  }

  /** A schema name that nobody has used yet. */
  freshSchema(): string {
    this.#schemas += 1;
    return `chain_${this.#schemas}`;
  }

  /** Starts the server, or starts it again after it was killed, and waits until it answers. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.#port === 0) this.#port = await freePort();
      const log = await this.#startOnce();
      if (log === undefined) return;
      // Another process took the port meanwhile, or those that served the killed server are not gone yet.
      if (attempt === 20 || !/in use|could not bind/.test(log)) {
        throw new Error(`PostgreSQL of ${this.#bin} does not start: ${log.slice(-2000)}`);
      }
      if (/could not bind/.test(log)) this.#port = 0;
      await pause(250);
    }
  }

  /** Resolves to `undefined` when the server answers, and to what it printed when it ended instead. */
  async #startOnce(): Promise<string | undefined> {
    const log = join(this.#folder, 'log');
    const output = openSync(log, 'w');
    const options = [
      '-D',
      join(this.#folder, 'data'),
      '-p',
      String(this.#port),
      ...SETTINGS.flatMap((each) => ['-c', each]),
    ];
    const child = spawn(join(this.#bin, 'postgres'), options, {
      ...this.#owner,
      cwd: this.#folder,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.#process = child;
    let failure = '';
    child.once('error', (error) => {
      failure = String(error);
    });
    for (const until = Date.now() + START_MS; Date.now() < until; await pause(30)) {
      if (failure !== '' || child.exitCode !== null) return `${failure}${readFileSync(log, 'utf8')}`;
      if (await this.#answers()) return undefined;
    }
    return `no answer after ${START_MS} ms; ${readFileSync(log, 'utf8')}`;
  }

  async #answers(): Promise<boolean> {
    const client = new Client(this.connection);
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Ends the server without letting it finish anything: `immediate` tells it so, `killed` kills the server and everything
   * that works for it. What it has written stays, and the next start recovers it.
   */
  async crash(how: 'immediate' | 'killed'): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) return;
    await this.#admin?.end();
    this.#admin = undefined;
    const workers = childrenOf(child.pid);
    if (how === 'immediate') child.kill('SIGQUIT');
    else for (const pid of [child.pid, ...workers]) signal(pid, 'SIGKILL');
    await ended(child);
    while (workers.some((pid) => signal(pid, 0))) await pause(10);
  }

  /** Runs a statement as the owner of the database, over a connection of the server's own. One at a time. */
  async query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    if (this.#admin === undefined) {
      const admin = new Client({ ...this.connection, application_name: 'tests' });
      admin.on('error', () => {
        this.#admin = undefined;
      });
      await admin.connect();
      this.#admin = admin;
    }
    return (await this.#admin.query(text, values)).rows;
  }

  /** Stops the server and removes everything of it. */
  async stop(): Promise<void> {
    await this.#admin?.end();
    const { stdin } = this.#guard;
    stdin?.end();
    await ended(this.#guard);
    if (this.#process !== undefined) await ended(this.#process);
  }
}

/** A group of tests with a server of their own; where PostgreSQL is not installed it is left out and its title says why. */
export const describeWithServer = (title: string, tests: (server: () => PostgresServer) => void): void => {
  describe.skipIf(whyLeftOut !== undefined)(whyLeftOut === undefined ? title : `${title} (${whyLeftOut})`, () => {
    let server: PostgresServer | undefined;
    beforeAll(async () => {
      server = new PostgresServer(binaries ?? '');
      await server.start();
    }, 2 * START_MS);
    afterAll(async () => {
      await server?.stop();
    });
    tests(() => {
      if (server === undefined) throw new Error('the server did not start');
      return server;
    });
  });
};
