import { globSync, readFileSync } from 'node:fs';

/** Loads every module that defines statements. */
export async function loadStatements(): Promise<void> {
  const files = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'));
  for (const file of files)
    if (/\b(?:statement|list)\(/.test(readFileSync(file, 'utf8'))) await import(`../${file}`);
}
