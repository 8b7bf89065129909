/**
 * PostgreSQL session: one connection to the server, made when it is needed and made again when it was lost.
 *
 * A transaction lives and dies with its connection, so whoever begins one keeps the `Connection` in hand to the end;
 * only between transactions may a new one take its place. Values of answers stay text, whatever parsers the program
 * around us has set for the driver.
 * Source: node-postgres.com/apis/client.
 */
import pg, { type ClientConfig } from 'pg';
import { isConnectionLost, isPassing, noAnswer } from './postgres-errors.ts';
import type { Cell } from './postgres-values.ts';

/** What the server answered to a statement. */
export interface Answer {
  /** The first word of what was done: SELECT, COMMIT, ROLLBACK, ... */
  readonly command: string;
  readonly rows: readonly (readonly Cell[])[];
}

export interface Connection {
  /** One statement. One at a time: the caller waits for the answer before the next. */
  query(text: string, values?: readonly unknown[]): Promise<Answer>;
  /** Cuts the connection; what the server was doing for it, it takes back. */
  drop(): void;
}

export interface Session {
  /** The connection, made now if there is none. Rejects with the driver's error. */
  connection(): Promise<Connection>;
  /** Ends the connection in good order. Never rejects. */
  end(): Promise<void>;
}

export interface SessionSettings {
  readonly config: ClientConfig;
  /** The statement that every new connection begins with. */
  readonly greeting: string;
  /** How long the server may take to answer, in milliseconds, before the connection counts as lost. */
  readonly answerMs: number;
}

const CONNECT_MS = 10_000;
const GOODBYE_MS = 1000;

const asText = { getTypeParser: () => (value: string) => value };

const connectionOf = (client: pg.Client, answerMs: number, lost: () => void): Connection => {
  const drop = (): void => {
    lost();
    client.connection.stream.destroy();
  };
  client.on('error', drop); // of a connection that nobody is using; without a listener it would end the program
  client.on('end', lost);
  return {
    query: async (text, values = []) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        drop();
      }, answerMs);
      try {
        const { command, rows } = await client.query<Cell[]>({
          text,
          values: [...values],
          rowMode: 'array',
          types: asText,
        });
        return { command, rows };
      } catch (error) {
        if (isConnectionLost(error)) drop();
        // No lost connection to be made again: the same would take as long the next time.
        throw isLate ? noAnswer(answerMs, error) : error;
      } finally {
        clearTimeout(timer);
      }
    },
    drop,
  };
};

/** A session without a connection yet. */
export const sessionOf = ({ config, greeting, answerMs }: SessionSettings): Session => {
  let current: { readonly client: pg.Client; readonly connection: Connection } | undefined;

  const connect = async (): Promise<Connection> => {
    const defaults = { keepAlive: true, connectionTimeoutMillis: CONNECT_MS, fallback_application_name: 'medstate' };
    const client = new pg.Client({ ...defaults, ...config, pipeline: false });
    const connection = connectionOf(client, answerMs, () => {
      if (current?.client === client) current = undefined;
    });
    try {
      await client.connect();
      await connection.query(greeting);
    } catch (error) {
      connection.drop();
      throw error;
    }
    current = { client, connection };
    return connection;
  };

  return {
    connection: async () => current?.connection ?? (await connect()),
    end: async () => {
      const last = current;
      current = undefined;
      if (last === undefined) return;
      const timer = setTimeout(last.connection.drop, GOODBYE_MS);
      await last.client.end().catch(() => undefined);
      clearTimeout(timer);
    },
  };
};

const FIRST_PAUSE_MS = 20;
const LAST_PAUSE_MS = 1500;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Tries what may go well the next time again and again, for about 2.5 s besides its own time: a lost connection, a restarted
 * server, a transaction in the way. An attempt that may have left something behind must say so with a `StorageError`.
 */
export const persistently = async <T>(attempt: () => Promise<T>): Promise<T> => {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error) || pauseMs > LAST_PAUSE_MS) throw error;
    }
    await pause(pauseMs);
  }
};
