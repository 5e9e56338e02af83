import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

const made: TestDatabase[] = [];
afterAll(async () => {
  for (const database of made) await database.drop();
});

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

it('gives each caller a database of its own', async () => {
  made.push(await createTestDatabase(), await createTestDatabase());
  const [one, other] = made as [TestDatabase, TestDatabase];
  await query(one.adminUrl, 'create table only_here (id int)');
  const seen = (url: string) => query(url, "select to_regclass('only_here') as seen");
  expect(await seen(one.adminUrl)).toEqual([{ seen: 'only_here' }]);
  expect(await seen(other.adminUrl)).toEqual([{ seen: null }]);
});

it('is gone once dropped, also while somebody is connected', async () => {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.adminUrl });
  client.on('error', () => undefined);
  await client.connect();
  await database.drop();
  await expect(query(database.adminUrl, 'select 1')).rejects.toThrow('does not exist');
});
