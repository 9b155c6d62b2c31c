import module from 'node:module';

// Loaded lazily, so that the cache of compiled modules covers everything that follows.
module.enableCompileCache();
const { runCommandLine } = await import('./cli/program.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));
