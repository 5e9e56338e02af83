import { createTestDatabase } from '@regard/testkit/postgres';
import { expect, it } from 'vitest';
import { migrateTokens } from '../src/migrate.ts';

it('migrates once and then finds nothing to do', async () => {
  const database = await createTestDatabase();
  try {
    const urls = { adminUrl: database.adminUrl, roleUrl: database.urls.tokens };
    await migrateTokens(urls);
    expect(await migrateTokens(urls)).toEqual([]);
  } finally {
    await database.drop();
  }
});
