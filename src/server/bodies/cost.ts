import * as z from 'zod';
import { described } from '../schema.ts';

const MICRO = 1_000_000;

export const cost = described(
  z.strictObject({ amount: z.number(), currency: z.literal('USD') }),
  "By the network's price list.",
);

export function costJson(microUsd: number): z.input<typeof cost> {
  return { amount: microUsd / MICRO, currency: 'USD' };
}
