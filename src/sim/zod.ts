import type * as Zod from 'zod';
import { installedPart } from '../model/installed-part.ts';

export type { core, infer as Inferred, ZodObject } from 'zod';

/** Who leaves out the optional packages learns here what the simulator needs. */
export const { z } = installedPart('zod', 'kippu/sim') as typeof Zod;
