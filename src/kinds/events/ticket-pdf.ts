import { createRequire } from 'node:module';
import type { Ticket } from './ticket-schema.ts';

// Points of an A4 page that has a ticket on each third.
const PAGE = { width: 595.28, height: 841.89 };
const MARGIN = 42;
const PER_PAGE = 3;
const HEIGHT = PAGE.height / PER_PAGE;
const QR_SIZE = 160;
/** White around a QR code, in its own modules: readers need four. */
const QUIET = 4;
const TEXT_WIDTH = PAGE.width - 2 * MARGIN - QR_SIZE - 18;
/** What stands for a character that the font lacks, so that nobody takes a name with a hole in it for a whole one. */
const LACKING = '\ufffd';

type Document = PDFKit.PDFDocument;
interface Font {
  font: { hasGlyphForCodePoint(code: number): boolean };
}

/**
 * Tickets as a PDF, three on a page, each with its QR code. Both libraries are loaded when the first one is drawn: 0.2 s
 * and 20 MB that a server which draws none does not need.
 */
export async function drawTickets(tickets: readonly Ticket[]): Promise<Buffer> {
  const [{ default: PDFDocument }, { create }] = await Promise.all([import('pdfkit'), import('qrcode')]);
  const document = new PDFDocument({
    size: 'A4',
    margin: 0,
    autoFirstPage: false,
    info: { Title: 'Tickets' },
  });
  const chunks: Buffer[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    document
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', resolve)
      .on('error', reject);
  });
  const require = createRequire(import.meta.url);
  document.registerFont('plain', require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));
  document.registerFont('bold', require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'));
  for (const [i, ticket] of tickets.entries()) {
    if (i % PER_PAGE === 0) {
      document.addPage();
      await new Promise(setImmediate); // others are served between two pages
    }
    const top = (i % PER_PAGE) * HEIGHT;
    drawText(document, ticket, top + MARGIN);
    if (ticket.token !== null) {
      const { modules } = create(ticket.token, { errorCorrectionLevel: 'M' });
      drawCode(document, modules, PAGE.width - MARGIN - QR_SIZE, top + MARGIN);
    }
    if (i % PER_PAGE < PER_PAGE - 1) drawCut(document, top + HEIGHT);
  }
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

function drawText(document: Document, ticket: Ticket, top: number): void {
  const { event, holder } = ticket;
  const line = (font: string, size: number, text: string, lines = 1) => {
    document.font(font).fontSize(size).fillColor('black');
    const height = lines * document.currentLineHeight(true) + 1; // what does not fit ends in an ellipsis
    document.text(printable(document, text), { width: TEXT_WIDTH, height, ellipsis: true });
  };
  document.x = MARGIN;
  document.y = top;
  line('bold', 16, event.name, 3);
  document.moveDown(0.3);
  line('plain', 11, localTime(event.startsAt, event.timezone), 2);
  line('plain', 11, event.venue, 2);
  document.moveDown(0.4);
  line('bold', 12, ticket.tier === null ? ticket.section : `${ticket.section}, ${ticket.tier}`, 2);
  if (ticket.row !== null) line('bold', 12, `Row ${ticket.row}, seat ${ticket.seat}`, 2);
  if (holder !== null) line('plain', 11, `${holder.firstName} ${holder.lastName}`, 2);
  document.moveDown(0.4);
  line('plain', 8, `Booking ${ticket.reference}`);
  line('plain', 6, `Ticket ${ticket.id}`);
}

/** `Thu 31 December 2026, 19:00 (Europe/Berlin)`: on the clock of the venue. */
function localTime(startsAt: string, timezone: string): string {
  const parts = { weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' } as const;
  const clock = { hour: '2-digit', minute: '2-digit', timeZone: timezone } as const;
  const text = new Intl.DateTimeFormat('en-GB', { ...parts, ...clock }).format(new Date(startsAt));
  return `${text} (${timezone})`;
}

/** The font has Latin, Greek, Cyrillic and more, but neither Chinese nor emoji. */
function printable(document: Document, text: string): string {
  const { font } = Reflect.get(document, '_font') as Font; // the library has no public way to ask
  return Array.from(text.normalize('NFC'), (character) =>
    font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0) ? character : LACKING,
  ).join('');
}

/** As one path: a rectangle for each run of dark modules in a row. */
function drawCode(
  document: Document,
  { size, data }: { size: number; data: Uint8Array },
  left: number,
  top: number,
): void {
  const module = QR_SIZE / (size + 2 * QUIET);
  for (let row = 0; row < size; row++)
    for (let from = 0, to = 0; from < size; from = to + 1) {
      for (to = from; to < size && data[row * size + to];) to++;
      if (to > from)
        document.rect(
          left + (QUIET + from) * module,
          top + (QUIET + row) * module,
          (to - from) * module,
          module,
        );
    }
  document.fill('black');
}

function drawCut(document: Document, y: number): void {
  document
    .moveTo(MARGIN, y)
    .lineTo(PAGE.width - MARGIN, y)
    .dash(3, { space: 3 });
  document.strokeColor('grey').lineWidth(0.5).stroke().undash();
}
