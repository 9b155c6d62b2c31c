import { onSaleTable, runOnSale, wrongIn, type OnSale } from './on-sale.ts';

/** 20 000 seats and 5 000 standing places, 40 000 buyers over 1 000 connections, a code for 500 of them. */
const LARGE: OnSale = {
  hall: { seats: 20_000, rows: 400, standing: 5_000, orphanRule: 'on' },
  buyers: 40_000,
  connections: 1_000,
  holdSeconds: 60,
  codeUses: 500,
};

/** True when every promise was kept. */
export async function longOnSale(say: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  const tally = await runOnSale({ ...LARGE, say, signal });
  const wrong = wrongIn(tally);
  for (const line of wrong.slice(0, 20)) say(line);
  say(`\n${onSaleTable(tally)}`);
  return wrong.length === 0;
}
