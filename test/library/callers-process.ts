import { createKippu } from '../../src/index.ts';
import { x } from '../../src/providers/index.ts';
import { postgres } from '../../src/store/postgres/index.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';

/**
 * A process of somebody's application, at a database that others use too. Asked by a line, it calls for the same token very
 * often at once, and prints what it was given: each different token, once, and how many calls it served.
 */
const [database = '', home = '', baseUrl = '', connection = '', calls = '0'] = process.argv.slice(2);
const kippu = createKippu({
  publicUrl: 'http://127.0.0.1:1',
  store: database.startsWith('postgres:') ? postgres(database) : sqlite(database),
  providers: [x({ clientId: 'c', clientSecret: 's', baseUrl })],
  home,
  worker: false,
});
await kippu.connection(connection);
process.stdout.write('ready\n');
await new Promise((resolve) => {
  process.stdin.once('data', resolve);
});
const given = await Promise.all(Array.from({ length: Number(calls) }, () => kippu.getAccessToken(connection)));
const tokens = [...new Set(given.map(({ accessToken }) => accessToken))];
process.stdout.write(`${JSON.stringify({ served: given.length, tokens })}\n`);
process.stdin.destroy();
await kippu.close();
