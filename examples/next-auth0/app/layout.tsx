import type { ReactNode } from 'react';
import './style.css';

export const metadata = { title: 'Next.js and Auth0' };

export default function Layout({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
