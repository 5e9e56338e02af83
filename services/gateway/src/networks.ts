import { readFile, stat } from 'node:fs/promises';
import type { Network } from '@regard/policy';
import type { Logger } from '@regard/service-kit';
import { type NetworkList, parseNetworkList } from '@regard/signals';

/** How often the files are looked at for a newer version. */
const REFRESH_MS = 60_000;

export interface Networks {
  networkOf: (address: string) => Network;
  close: () => void;
}

/**
 * Loads the lists of Tor and VPN exits and reloads a file when it changes, so that a scheduled job
 * may replace it at any time (docs/operations.md). A list that cannot be read keeps its last state.
 *
 * @throws when a file named in the settings cannot be read at the start
 */
export async function loadNetworks(
  files: { tor: string | undefined; vpn: string | undefined },
  logger: Logger,
): Promise<Networks> {
  const lists = {
    tor: files.tor === undefined ? null : await watchList(files.tor),
    vpn: files.vpn === undefined ? null : await watchList(files.vpn),
  };
  const watched = Object.entries(lists).filter(([, list]) => list !== null);
  if (watched.length === 0) logger.warn('networks.no_lists');
  for (const [name, list] of watched)
    logger.info({ name, size: list?.current().size }, 'networks.loaded');
  const timer = setInterval(() => {
    for (const [name, list] of watched) {
      list?.refresh().catch((error) => logger.warn({ name, err: error }, 'networks.not_refreshed'));
    }
  }, REFRESH_MS).unref();
  return {
    networkOf: (address) => {
      if (lists.tor?.current().has(address)) return 'tor';
      return lists.vpn?.current().has(address) ? 'vpn' : 'ordinary';
    },
    close: () => clearInterval(timer),
  };
}

async function watchList(path: string) {
  let changedAt = (await stat(path)).mtimeMs;
  let list: NetworkList = parseNetworkList(await readFile(path, 'utf8'));
  return {
    current: () => list,
    refresh: async () => {
      const { mtimeMs } = await stat(path);
      if (mtimeMs === changedAt) return;
      list = parseNetworkList(await readFile(path, 'utf8'));
      changedAt = mtimeMs;
    },
  };
}
