import { connectSessionRoutes } from './routes/connect-sessions.ts';
import { connectionRoutes } from './routes/connections.ts';
import { descriptionRoutes } from './routes/description.ts';
import { deviceSessionRoutes } from './routes/device-sessions.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { idTokenRoutes } from './routes/id-tokens.ts';
import { keyRoutes } from './routes/keys.ts';
import { metricRoutes } from './routes/metrics.ts';
import { postRoutes } from './routes/posts.ts';
import { providerRoutes } from './routes/providers.ts';
import { proxyRoutes } from './routes/proxy.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import type { Route } from './route.ts';

/** Everything that is answered with data; pages are in `pages/`. */
export const ROUTES: readonly Route[] = [
  ...healthRoutes,
  ...descriptionRoutes((): readonly Route[] => ROUTES),
  ...providerRoutes,
  ...connectSessionRoutes,
  ...deviceSessionRoutes,
  ...connectionRoutes,
  ...tokenRoutes,
  ...idTokenRoutes,
  ...proxyRoutes,
  ...postRoutes,
  ...scheduleRoutes,
  ...metricRoutes,
  ...eventRoutes,
  ...keyRoutes,
  ...webhookRoutes,
];
