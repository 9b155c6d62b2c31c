import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Whoever reads our output may leave (`| head`): the work is finished all the same, and nothing stays behind.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

// Loaded lazily, so that the cache of compiled modules covers everything that follows. Not in the system's directory for
// temporary files: code that anybody may have put there would run as whoever starts the server.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)));
const { runCommandLine } = await import('./cli/program.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));
