/**
 * Reader of the extended curriculum-based course timetabling format (.ectt) of the University of Udine's
 * benchmark collection: a header with counts, five sections and the line `END.`.
 *
 * Names are case-sensitive (`Lecturer16` and `lecturer16` are two people). A pair in ROOM_CONSTRAINTS means that
 * the room is *not* suitable for the course: so it stands in the format's description and in its validator.
 * Everything in the file is checked; kept is what planning needs.
 */

export interface Course {
  readonly name: string;
  readonly teacher: string;
  /** Lectures a week. */
  readonly lectures: number;
  readonly students: number;
  /** Periods of the week (day * periodsPerDay + period) in which the course cannot be taught. */
  readonly unavailable: ReadonlySet<number>;
  /** Names of the rooms that do not suit the course. */
  readonly unsuitable: ReadonlySet<string>;
}

export interface Room {
  readonly name: string;
  readonly capacity: number;
  readonly building: string;
}

export interface Timetable {
  readonly name: string;
  readonly days: number;
  readonly periodsPerDay: number;
  readonly courses: readonly Course[];
  readonly rooms: readonly Room[];
}

/** The text is no complete .ectt file; the message names the line and what was expected there. */
export class EcttError extends Error {
  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`);
    this.name = 'EcttError';
  }
}

type Counts = Readonly<
  Record<'courses' | 'rooms' | 'curricula' | 'unavailabilities' | 'unsuitables', number>
>;
type OpenCourse = Course & { readonly unavailable: Set<number>; readonly unsuitable: Set<string> };

/** Parses a whole file. Throws EcttError at the first line that is wrong, missing or one too many. */
export function parseEctt(text: string): Timetable {
  const lines = new Lines(text);
  const name = lines.header('Name', 1)[0] ?? '';
  const courseCount = lines.count('Courses');
  const roomCount = lines.count('Rooms');
  const days = lines.count('Days', 7);
  const periodsPerDay = lines.count('Periods_per_day', 1_440);
  const curricula = lines.count('Curricula');
  for (const bound of lines.header('Min_Max_Daily_Lectures', 2)) lines.whole(bound, 'lectures a day');
  const unavailabilities = lines.count('UnavailabilityConstraints');
  const unsuitables = lines.count('RoomConstraints');
  const counts: Counts = { courses: courseCount, rooms: roomCount, curricula, unavailabilities, unsuitables };

  const courses = readCourses(lines, counts);
  const rooms = readRooms(lines, counts);
  checkCurricula(lines, counts, courses);
  readUnavailabilities(lines, counts, courses, { days, periodsPerDay });
  readUnsuitables(lines, counts, courses, rooms);
  lines.end();
  return { name, days, periodsPerDay, courses: [...courses.values()], rooms: [...rooms.values()] };
}

function readCourses(lines: Lines, counts: Counts): Map<string, OpenCourse> {
  const courses = new Map<string, OpenCourse>();
  for (const row of lines.section('COURSES', counts.courses, 'ROOMS')) {
    const [name, teacher, lectures, minDays, students, doubleLectures] = lines.fields(
      row,
      'course teacher lectures minDays students doubleLectures',
    );
    lines.whole(minDays, 'minDays');
    if (doubleLectures !== '0' && doubleLectures !== '1') lines.fail('doubleLectures must be 0 or 1');
    lines.addNew(courses, 'course', {
      name,
      teacher,
      lectures: lines.whole(lectures, 'lectures'),
      students: lines.whole(students, 'students'),
      unavailable: new Set<number>(),
      unsuitable: new Set<string>(),
    });
  }
  return courses;
}

function readRooms(lines: Lines, counts: Counts): Map<string, Room> {
  const rooms = new Map<string, Room>();
  for (const row of lines.section('ROOMS', counts.rooms, 'CURRICULA')) {
    const [name, capacity, building] = lines.fields(row, 'room capacity building');
    lines.addNew(rooms, 'room', { name, capacity: lines.whole(capacity, 'capacity'), building });
  }
  return rooms;
}

function checkCurricula(lines: Lines, counts: Counts, courses: ReadonlyMap<string, Course>): void {
  for (const row of lines.section('CURRICULA', counts.curricula, 'UNAVAILABILITY_CONSTRAINTS')) {
    const [, size = '', ...members] = row;
    if (members.length !== lines.whole(size, 'number of courses'))
      lines.fail(`the curriculum announces ${size} courses and names ${members.length}`);
    for (const member of members) lines.known(courses, 'course', member);
  }
}

function readUnavailabilities(
  lines: Lines,
  counts: Counts,
  courses: ReadonlyMap<string, OpenCourse>,
  week: { days: number; periodsPerDay: number },
): void {
  const rows = lines.section('UNAVAILABILITY_CONSTRAINTS', counts.unavailabilities, 'ROOM_CONSTRAINTS');
  for (const row of rows) {
    const [name, dayText, periodText] = lines.fields(row, 'course day period');
    const day = lines.whole(dayText, 'day');
    const period = lines.whole(periodText, 'period');
    if (day >= week.days || period >= week.periodsPerDay)
      lines.fail(`day ${day}, period ${period} lies outside the week of the header`);
    lines.known(courses, 'course', name).unavailable.add(day * week.periodsPerDay + period);
  }
}

function readUnsuitables(
  lines: Lines,
  counts: Counts,
  courses: ReadonlyMap<string, OpenCourse>,
  rooms: ReadonlyMap<string, Room>,
): void {
  for (const row of lines.section('ROOM_CONSTRAINTS', counts.unsuitables, 'END.')) {
    const [courseName, roomName] = lines.fields(row, 'course room');
    lines.known(courses, 'course', courseName).unsuitable.add(lines.known(rooms, 'room', roomName).name);
  }
}

/** A tuple of as many strings as the space-separated template has words. */
type Fields<T extends string> = T extends `${string} ${infer Rest}` ? [string, ...Fields<Rest>] : [string];

/** The file's lines without the empty ones, read forwards; every complaint names the line read last. */
class Lines {
  readonly #rows: { number: number; words: string[] }[] = [];
  #next = 0;

  constructor(text: string) {
    text.split('\n').forEach((line, index) => {
      const bare = line.trim();
      if (bare !== '') this.#rows.push({ number: index + 1, words: bare.split(/\s+/) });
    });
  }

  fail(problem: string): never {
    throw new EcttError(this.#rows[Math.max(0, this.#next - 1)]?.number ?? 1, problem);
  }

  /** The values of the header line `label: value...`. */
  header(label: string, values: number): string[] {
    const [first, ...rest] = this.#take(`${label}:`);
    if (first !== `${label}:` || rest.length !== values)
      this.fail(`expected "${label}:" with ${values === 1 ? 'one value' : `${values} values`}`);
    return rest;
  }

  count(label: string, most = 1_000_000): number {
    const count = this.whole(this.header(label, 1)[0] ?? '', label);
    if (count > most) this.fail(`${label} is larger than ${most}`);
    return count;
  }

  /** The rows of a section: as many as the header announced, up to the line that begins what follows. */
  *section(title: string, rows: number, next: string): Generator<string[]> {
    if (this.#take(`${title}:`)[0] !== `${title}:`) this.fail(`expected "${title}:"`);
    const stop = next === 'END.' ? next : `${next}:`;
    for (let row = 0; row < rows; row++) {
      const words = this.#take(`row ${row + 1} of ${rows} of ${title}`);
      if (words[0] === stop) this.fail(`${title} has ${row} rows, the header announces ${rows}`);
      yield words;
    }
    if (this.#peek() !== undefined && this.#peek() !== stop) {
      this.#next++;
      this.fail(`${title} has more rows than the ${rows} that the header announces`);
    }
  }

  /** The words of a row as a tuple; `names` says how many there must be and what they are. */
  fields<T extends string>(row: readonly string[], names: T): Fields<T> {
    if (row.length !== names.split(' ').length) this.fail(`expected "${names}"`);
    return row as unknown as Fields<T>;
  }

  whole(text: string, what: string): number {
    if (!/^\d{1,9}$/.test(text)) this.fail(`${what} must be a whole number, not "${text}"`);
    return Number(text);
  }

  addNew<T extends { readonly name: string }>(to: Map<string, T>, what: string, item: T): void {
    if (to.has(item.name)) this.fail(`the ${what} ${item.name} stands twice`);
    to.set(item.name, item);
  }

  known<T>(among: ReadonlyMap<string, T>, what: string, name: string): T {
    return among.get(name) ?? this.fail(`there is no ${what} ${name}`);
  }

  end(): void {
    if (this.#take('END.')[0] !== 'END.') this.fail('expected "END."');
    if (this.#peek() === undefined) return;
    this.#next++;
    this.fail('nothing may follow "END."');
  }

  #peek(): string | undefined {
    return this.#rows[this.#next]?.words[0];
  }

  #take(expected: string): string[] {
    const row = this.#rows[this.#next];
    if (row === undefined) this.fail(`the file ends here, but ${expected} is still missing: it is cut off`);
    this.#next++;
    return row.words;
  }
}
