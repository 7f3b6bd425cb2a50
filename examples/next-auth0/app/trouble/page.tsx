import type { ReactNode } from 'react';
import { Trouble } from './trouble';

export default async function TroublePage({ searchParams }: PageProps<'/trouble'>): Promise<ReactNode> {
  const { code, back } = await searchParams;
  return <Trouble code={String(code)} back={String(back)} />;
}
