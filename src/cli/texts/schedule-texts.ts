import type { Language } from '../language.ts';
import { SCHEDULE_EN, type ScheduleTexts } from './schedule-en.ts';
import { SCHEDULE_JA } from './schedule-ja.ts';

/** What `kippu schedule` says. */
export const SCHEDULE_TEXTS: Readonly<Record<Language, ScheduleTexts>> = { en: SCHEDULE_EN, ja: SCHEDULE_JA };
