import { describeConfig } from '../config.ts';
import { fill } from './fill.ts';

/** Every setting with its default and meaning, wrapped to `width` columns. */
export function configHelp(width: number): string {
  const entries = describeConfig().map(({ name, fallback, help }) => {
    const text = fill(help, width - 2).map((line) => `  ${line}`);
    return [`${name} (default: ${fallback})`, ...text].join('\n');
  });
  const intro = fill('Settings come from the environment and are read once, at the start.', width).join('\n');
  return `${intro}\n\n${entries.join('\n\n')}\n`;
}
