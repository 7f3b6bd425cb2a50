import type { ReactNode } from 'react';

export const metadata = { title: 'Next.js and Auth0' };
export const viewport = { colorScheme: 'light dark' };

const style = { maxWidth: '36rem', margin: '3rem auto', padding: '0 1rem', font: '16px/1.5 system-ui' };

export default function Layout({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <html lang="en">
      <body style={style}>{children}</body>
    </html>
  );
}
