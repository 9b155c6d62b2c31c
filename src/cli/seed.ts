import type { Config } from '../config.ts';
import { openLog } from '../platform/log.ts';

import { injectedCall } from './injected-call.ts';
import { prepareDatabase } from './prepare.ts';
import { withReached } from './reach.ts';
import { DEMO_SLUG, openDemoTenant } from './seed/demo-tenant.ts';
import { seedDemo } from './seed/demo.ts';
import { openServer } from './server.ts';

/** Adds the demo tenant, or fills up what is missing of it, through a server of its own that does not listen. */
export async function seedCommand(config: Config): Promise<number> {
  await withReached(config, async (reached) => {
    await prepareDatabase(reached);
    const server = await openServer({ ...config, sweeper: 'off' }, reached, openLog(config.logLevel));
    try {
      const key = await openDemoTenant(server.db, reached.dataDir);
      const { rooms, booked } = await seedDemo(injectedCall(server.app, DEMO_SLUG, key), Date.now());
      console.log(`The tenant "${DEMO_SLUG}" has ${rooms} rooms; ${booked} bookings were made now.`);
      console.log(`API key: ${key}`);
    } finally {
      await server.close();
    }
  });
  return 0;
}
