import type { FastifyInstance } from 'fastify';
import { Problem } from '../platform/errors.ts';

/**
 * 404 for a URL that is nowhere, 405 with `Allow` for one that only knows other methods. The router cannot say which
 * methods a concrete URL has, so the patterns are remembered here and tried when nothing else matched.
 */
export function answerUnknownUrls(app: FastifyInstance): void {
  const methodsOf = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsOf.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    methodsOf.set(url, methods);
  });

  app.setNotFoundHandler((request, reply) => {
    const path = segments(request.url.split('?', 1)[0] ?? '');
    const allowed = new Set(
      [...methodsOf].filter(([url]) => fits(segments(url), path)).flatMap(([, methods]) => [...methods]),
    );
    if (allowed.size === 0)
      throw new Problem('not_found', 'There is nothing at this URL. The API is described at /api/docs.');
    const allow = [...allowed].sort().join(', ');
    void reply.header('allow', allow);
    throw new Problem('method_not_allowed', `${request.method} is not possible here, only ${allow}.`);
  });
}

function segments(url: string): string[] {
  return url.split('/');
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  const rest = pattern.indexOf('*');
  if (rest === -1 ? pattern.length !== path.length : path.length < rest) return false;
  return pattern.every(
    (segment, i) => segment === path[i] || segment.startsWith(':') || (rest !== -1 && i >= rest),
  );
}
