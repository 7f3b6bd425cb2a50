import type { Language } from '../language.ts';
import { EXPLAIN_EN } from './explain-en.ts';
import { EXPLAIN_JA } from './explain-ja.ts';
import type { ExplainTexts } from './explain-wording.ts';

export const EXPLAIN_TEXTS: Readonly<Record<Language, ExplainTexts>> = { en: EXPLAIN_EN, ja: EXPLAIN_JA };
