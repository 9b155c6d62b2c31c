import module from 'node:module';

// Whoever reads our output may leave (`| head`): the work is finished all the same, and nothing stays behind.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

// Loaded lazily, so that the cache of compiled modules covers everything that follows.
module.enableCompileCache();
const { runCommandLine } = await import('./cli/program.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));
