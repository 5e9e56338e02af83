import { publicJwk } from '@regard/contract';
import { ConfigError, loadConfig } from '@regard/service-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../src/config.ts';
import { newPrivateJwk } from './token-service.ts';

let good: Record<string, string>;
beforeAll(async () => {
  good = {
    PORT: '4405',
    DATABASE_URL: 'postgres://regard_tokens:x@127.0.0.1/regard',
    REDIS_URL: 'redis://127.0.0.1',
    PUBLIC_URL: 'https://tokens.example/',
    APPROVAL_KEYS: JSON.stringify({ keys: [publicJwk(await newPrivateJwk('approval'))] }),
    TOKEN_SIGNING_KEY: JSON.stringify(await newPrivateJwk('token')),
  };
});

const faultsOf = (changes: Record<string, string>): string => {
  try {
    loadConfig(configSchema, { ...good, ...changes });
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
};

describe('the settings', () => {
  it('have defaults for the lives of tokens', () => {
    expect(loadConfig(configSchema, good)).toMatchObject({
      PUBLIC_URL: 'https://tokens.example',
      ACCESS_TOKEN_SECONDS: 600,
      REFRESH_TOKEN_DAYS: 30,
    });
  });

  it('refuse an access token life above ten minutes', () => {
    expect(faultsOf({ ACCESS_TOKEN_SECONDS: '601' })).toContain('ACCESS_TOKEN_SECONDS');
  });

  it('refuse private approval keys, without showing them', async () => {
    const jwk = await newPrivateJwk('approval');
    const faults = faultsOf({ APPROVAL_KEYS: JSON.stringify({ keys: [jwk] }) });
    expect(faults).toContain('APPROVAL_KEYS: must hold public keys only');
    expect(faults).not.toContain(jwk.d);
  });

  it('refuse a public token signing key', async () => {
    const key = JSON.stringify(publicJwk(await newPrivateJwk('token')));
    expect(faultsOf({ TOKEN_SIGNING_KEY: key })).toContain('TOKEN_SIGNING_KEY');
  });

  it('refuse one key for both purposes', async () => {
    const jwk = await newPrivateJwk('both');
    const faults = faultsOf({
      APPROVAL_KEYS: JSON.stringify({ keys: [publicJwk(jwk)] }),
      TOKEN_SIGNING_KEY: JSON.stringify(jwk),
    });
    expect(faults).toContain('TOKEN_SIGNING_KEY: must be another key');
  });

  it.each(['not json', '{}', '{"keys":[]}', '{"keys":[{"kty":"RSA","kid":"a"}]}'])(
    'refuse the approval keys %s',
    (text) => {
      expect(faultsOf({ APPROVAL_KEYS: text })).toContain('APPROVAL_KEYS');
    },
  );
});
