import { z } from 'zod';

/** The environment was not usable. The message lists every fault, one a line. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Reads a service's settings from the environment. Empty variables count as absent, so that a blank
 * line in an `.env` file does not override a default.
 *
 * @throws ConfigError naming every variable that is missing or wrong, never its value
 */
export function loadConfig<T extends z.ZodObject>(
  schema: T,
  environment: Record<string, string | undefined> = process.env,
): z.infer<T> {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const missing = issue.code === 'invalid_type' && !(String(issue.path[0]) in present);
    return `  ${issue.path.join('.')}: ${missing ? 'is required' : issue.message}`;
  });
  throw new ConfigError(`These settings are missing or wrong:\n${faults.join('\n')}`);
}

/** Settings every service has. Descriptions and defaults make up `.env.example`. */
export const commonSettings = {
  HOST: z.string().default('127.0.0.1').describe('Address to listen on; 0.0.0.0 in a container.'),
  PORT: z.coerce.number().int().min(0).max(65_535).describe('Port to listen on.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severe log line that is written.'),
  REGARD_MODE: z
    .enum(['production', 'development'])
    .default('production')
    .describe('In production every DANGEROUS_ setting and test calibration stops the boot.'),
};

/** 32 random bytes as base64url: made by `openssl rand -base64 32 | tr '+/' '-_' | tr -d '='`. */
export const key32 = z
  .string()
  .refine((text) => Buffer.from(text, 'base64url').length === 32, {
    error: 'must be 32 bytes as base64url',
  })
  .transform((text) => Buffer.from(text, 'base64url'));

/** `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** A comma-separated list of non-empty texts. */
export const textList = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.string().min(1)).min(1));

/** A JSON Web Key as JSON text, with a `kid`. */
export const jwkText = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be a JSON Web Key as JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.looseObject({ kty: z.string(), kid: z.string() }));

export const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ });
export const redisUrl = z.url({ protocol: /^rediss?$/ });
export const httpUrl = z
  .url({ protocol: /^https?$/ })
  .transform((text) => text.replace(/\/+$/, ''));
