import type { FreeHour } from './seed/demo.ts';
import { DEMO_SLUG } from './seed/demo-tenant.ts';

export interface Welcome {
  url: string;
  /** Undefined where there is no demo tenant. */
  demoKey: string | undefined;
  /** An hour that nobody has booked; undefined when none was found. */
  free: FreeHour | undefined;
}

/** What a started server prints: where it is, and lines to paste that book a room and show that it stays booked. */
export function welcomeLines({ url, demoKey, free }: Welcome): string[] {
  const lines = ['', `Holdfast serves on ${url}`, `API reference:     ${url}/api/docs`];
  if (demoKey === undefined)
    return [...lines, '', 'Create a company next: npx holdfast tenant create <slug>', ''];
  lines.push(`Demo API key:      ${demoKey}`, '');
  if (free !== undefined) lines.push(...curlLines(`${url}/api/v1/${DEMO_SLUG}`, demoKey, free), '');
  return lines;
}

function curlLines(base: string, key: string, { roomId, room, start, end }: FreeHour): string[] {
  const auth = `-H 'Authorization: Bearer ${key}'`;
  const json = "-H 'Content-Type: application/json'";
  const body = JSON.stringify({ lines: [{ kind: 'room', roomId, start, end }] });
  // Asks for the newest hold instead of remembering it, so that each line works in whichever shell it is pasted into.
  const newest = `curl -s '${base}/bookings?state=held&sort=-createdAt&limit=1&fields=id' ${auth}`;
  const id = `$(${newest} | grep -o '"id":"[^"]*"' | cut -d '"' -f 4)`;
  return [
    'Try it. List rooms:',
    `curl -s '${base}/rooms?limit=3&fields=id,name,building,capacity'`,
    `Hold ${room} for an hour:`,
    `curl -s -X POST '${base}/holds' ${auth} ${json} -d '${body}'`,
    'Confirm that hold:',
    `curl -s -X POST "${base}/bookings/${id}/confirm" ${auth}`,
    'Paste the hold once more: it answers 409 and names other times and rooms, because the room is taken.',
  ];
}
