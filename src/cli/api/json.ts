import type { apiKeyJson, newApiKeySchema } from '../../server/bodies/api-key.ts';
import type { connectProgressJson, connectSessionJson } from '../../server/bodies/connect-session.ts';
import type { connectStepJson } from '../../server/bodies/connect-step.ts';
import type { providerJson } from '../../server/bodies/provider.ts';
import type { connectionJson } from '../../server/bodies/connection.ts';
import type { deviceSessionJson } from '../../server/bodies/device-session.ts';
import type { checkJson, madePostJson, postJson } from '../../server/bodies/post.ts';
import type { occurrencesJson, previewJson, scheduleJson } from '../../server/bodies/schedule.ts';
import type { idTokenJson } from '../../server/bodies/id-token.ts';
import type { seriesJson } from '../../server/bodies/series.ts';
import type { timelineJson } from '../../server/bodies/timeline.ts';
import type { tokenJson } from '../../server/bodies/token.ts';
import type { deliveryJson, newWebhookSchema, webhookJson } from '../../server/bodies/webhook.ts';

/** What the HTTP API answers with, by the server's own word: what it changes there does not compile here. */
export type ConnectionJson = Readonly<ReturnType<typeof connectionJson>>;
export type TokenJson = Readonly<ReturnType<typeof tokenJson>>;
export type IdTokenJson = Readonly<ReturnType<typeof idTokenJson>>;
export type NewConnectSessionJson = Readonly<ReturnType<typeof connectSessionJson>>;
export type ConnectProgressJson = Readonly<ReturnType<typeof connectProgressJson>>;
export type DeviceSessionJson = Readonly<ReturnType<typeof deviceSessionJson>>;
export type ConnectStepJson = Readonly<ReturnType<typeof connectStepJson>>;
export type ProviderJson = Readonly<ReturnType<typeof providerJson>>;
export type TimelineJson = Readonly<ReturnType<typeof timelineJson>>;
export type TimelineEntryJson = TimelineJson['items'][number];
export type PostJson = Readonly<ReturnType<typeof postJson>>;
export type MadePostJson = Readonly<ReturnType<typeof madePostJson>>;
export type PostCheckJson = Readonly<ReturnType<typeof checkJson>>;
export type ProblemJson = PostCheckJson['problems'][number];
export type ScheduleJson = Readonly<ReturnType<typeof scheduleJson>>;
export type SchedulePreviewJson = Readonly<ReturnType<typeof previewJson>>;
export type OccurrencesJson = Readonly<ReturnType<typeof occurrencesJson>>;
export type SeriesJson = Readonly<ReturnType<typeof seriesJson>>;
export type ApiKeyJson = Readonly<ReturnType<typeof apiKeyJson>>;
export type NewApiKeyJson = Readonly<(typeof newApiKeySchema)['_output']>;
export type WebhookJson = Readonly<ReturnType<typeof webhookJson>>;
export type NewWebhookJson = Readonly<(typeof newWebhookSchema)['_output']>;
export type DeliveryJson = Readonly<ReturnType<typeof deliveryJson>>;

export interface WebhookTestJson {
  readonly delivered: boolean;
  readonly status: number | null;
  readonly error: string | null;
}
