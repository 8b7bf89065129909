/**
 * Stores: how the benches make a store of each adapter; PostgreSQL runs on a server of their own.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { memoryStorage } from '../dist/adapters/storage/memory.js';

const DEBIAN = '/usr/lib/postgresql';

/** Where initdb and pg_ctl are: in the newest folder of Debian's packages, or on the path. */
const binary = (name) => {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort() : [];
  return versions.length > 0 ? join(DEBIAN, versions.at(-1), 'bin', name) : name;
};

/** Runs a command as somebody whom PostgreSQL accepts: it refuses to be run by root. */
const run = (name, args) => {
  const command = [binary(name), ...args];
  const [file, ...rest] = process.getuid() === 0 ? ['runuser', '-u', 'postgres', '--', ...command] : command;
  execFileSync(file, rest, { stdio: 'ignore' });
};

const startPostgres = (folder) => {
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  mkdirSync(data);
  if (process.getuid() === 0) execFileSync('chown', ['postgres', data]);
  const port = 49_152 + Math.floor(Math.random() * 10_000);
  run('initdb', ['-D', data, '-U', 'medstate', '-A', 'trust']);
  run('pg_ctl', [
    '-D',
    data,
    '-w',
    '-o',
    `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${data}`,
    'start',
  ]);
  const connection = { host: '127.0.0.1', port, user: 'medstate', database: 'postgres' };
  return {
    place: (name) => JSON.stringify({ ...connection, schema: `bench_${name}` }),
    stop: () => run('pg_ctl', ['-D', data, '-m', 'fast', 'stop']),
  };
};

export const adapters = {
  memory: { open: async () => memoryStorage() },
  sqlite: {
    open: async (place) => (await import('../dist/adapters/storage/sqlite.js')).sqliteStorage({ file: place }),
  },
  level: {
    open: async (place) => {
      const { ClassicLevel } = await import('classic-level');
      const { levelStorage } = await import('../dist/adapters/storage/level.js');
      return levelStorage({
        database: new ClassicLevel(place, { keyEncoding: 'view', valueEncoding: 'view', cacheSize: 64 * 2 ** 20 }),
      });
    },
  },
  postgres: {
    start: async (folder) => startPostgres(folder),
    open: async (place) => {
      const { schema, ...connection } = JSON.parse(place);
      return (await import('../dist/adapters/storage/postgres.js')).postgresStorage({ connection, schema });
    },
  },
};
