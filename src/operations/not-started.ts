/** Where the program was to listen, and to keep its files. */
export interface Places {
  host: string;
  port: number;
  dataDir: string;
}

/** Why the program did not start, for whoever has to mend it. */
export function whyNotStarted(error: unknown, { host, port, dataDir }: Places): string {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken: stop the program that has it, or set PORT to another one.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST (${host}) is no address of this machine: ${message}`;
    case 'EACCES':
      if (syscall === 'listen') return `No access to ${host} port ${port}: ports below 1024 are for root.`;
      return `DATA_DIR (${dataDir}) is not a folder that this program can write in: ${message}`;
    case 'EPERM':
    case 'EROFS':
    case 'EEXIST':
    case 'ENOENT':
    case 'ENOTDIR':
    case 'SQLITE_CANTOPEN':
      return `DATA_DIR (${dataDir}) is not a folder that this program can write in: ${message}`;
    case 'SQLITE_READONLY':
    case 'SQLITE_IOERR':
      return `DATA_DIR (${dataDir}) takes no writes: ${message}`;
    case 'SQLITE_FULL':
    case 'ENOSPC':
      return `The disk that DATA_DIR (${dataDir}) lies on is full.`;
    case 'SQLITE_NOTADB':
      return `A file in DATA_DIR (${dataDir}) is not a database of ours. Move it away, or point DATA_DIR elsewhere.`;
    case 'REDIS_UNAVAILABLE':
    case 'REDIS_REFUSED':
      return `REDIS_URL: ${message}.`;
    case 'POSTGRES_UNAVAILABLE':
    case 'POSTGRES_REFUSED':
      return `DATABASE_URL: ${message}.`;
    default:
      return message ?? 'For an unknown reason.';
  }
}
