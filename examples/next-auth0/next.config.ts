import type { NextConfig } from 'next';

const config: NextConfig = {
  // Kippu stays outside the bundle: it reads files beside itself, and `node:sqlite` is Node.js alone.
  serverExternalPackages: ['kippu'],
  // Only because the folders above have a lock file too.
  turbopack: { root: import.meta.dirname },
};

export default config;
