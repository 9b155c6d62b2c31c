/** The demo's university: what can be booked there and what a week looks like. Plain data, the same on every machine. */

type Use = 'lectures' | 'seminars' | 'practicals' | 'meetings';

export interface DemoRoom {
  readonly building: string;
  readonly floor: string;
  readonly name: string;
  readonly capacity: number;
  readonly equipment: readonly string[];
  readonly use: Use;
}

/** A booking of the demo's week; `day` 0 is Monday, `from` is local time. */
export interface DemoBooking {
  readonly room: DemoRoom;
  readonly day: number;
  readonly from: string;
  readonly minutes: number;
  readonly title: string;
}

const EQUIPMENT: Readonly<Record<Use, readonly string[]>> = {
  lectures: ['projector', 'whiteboard', 'microphone', 'wheelchair access'],
  seminars: ['projector', 'whiteboard'],
  practicals: ['lab benches', 'whiteboard', 'wheelchair access'],
  meetings: ['video conferencing', 'whiteboard'],
};

/** Rooms of one use on one floor: `name:seats`, and `name:seats:more equipment`. */
function rooms(building: string, floor: string, use: Use, ...words: readonly string[]): DemoRoom[] {
  return words.map((word) => {
    const [name = '', seats, more] = word.split(':');
    const equipment = more === undefined ? EQUIPMENT[use] : [...EQUIPMENT[use], more];
    return { building, floor, name, capacity: Number(seats), equipment, use };
  });
}

export const demoRooms: readonly DemoRoom[] = [
  ...rooms('Main Building', '0', 'lectures', 'Great Hall:420:video conferencing', 'Aula:260', 'Hall M1:140'),
  ...rooms(
    'Main Building',
    '1',
    'seminars',
    'M 1.01:40:wheelchair access',
    'M 1.02:40',
    'M 1.03:30',
    'M 1.04:30',
  ),
  ...rooms('Main Building', '2', 'meetings', 'Senate Room:24:wheelchair access', 'M 2.07:12', 'M 2.08:8'),
  ...rooms('Science Centre', '0', 'lectures', 'Hall S1:180', 'Hall S2:120:video conferencing'),
  ...rooms(
    'Science Centre',
    '1',
    'practicals',
    'Chemistry Lab 1:24:fume hoods',
    'Chemistry Lab 2:24:fume hoods',
  ),
  ...rooms('Science Centre', '2', 'practicals', 'Physics Lab:20', 'Biology Lab:18:microscopes'),
  ...rooms('Science Centre', '3', 'seminars', 'S 3.11:36', 'S 3.12:36', 'S 3.13:24', 'S 3.14:24'),
  ...rooms('Library', '0', 'lectures', 'Auditorium:96:video conferencing'),
  ...rooms('Library', '1', 'seminars', 'Training Room:28:computers', 'L 1.05:20:wheelchair access'),
  ...rooms('Library', '2', 'meetings', 'Study A:6', 'Study B:6', 'Study C:8', 'Study D:4:wheelchair access'),
  ...rooms('Engineering Hall', '0', 'practicals', 'Workshop:30:machine tools', 'Robotics Lab:22:computers'),
  ...rooms('Engineering Hall', '1', 'lectures', 'Hall E1:110'),
  ...rooms('Engineering Hall', '2', 'seminars', 'E 2.21:32', 'E 2.22:32', 'E 2.23:26:computers', 'E 2.24:26'),
  ...rooms('Guest House', '0', 'meetings', 'Boardroom:16:wheelchair access', 'Garden Room:20', 'Fireside:10'),
  ...rooms('Guest House', '1', 'seminars', 'G 1.01:18:video conferencing', 'G 1.02:18'),
];

interface Habit {
  readonly from: readonly string[];
  readonly minutes: number;
  /** How many of ten such times are booked. */
  readonly often: number;
  readonly titles: readonly string[];
}

const WEEK: Readonly<Record<Use, Habit>> = {
  lectures: {
    from: ['08:15', '10:15', '12:15', '14:15', '16:15'],
    minutes: 90,
    often: 5,
    titles: titled(
      'Lecture: ',
      'Linear Algebra, Organic Chemistry, Microeconomics, Mechanics, Constitutional Law, Cell Biology, Statistics',
      'Modern History, Programming, Thermodynamics, Linguistics',
    ),
  },
  seminars: {
    from: ['08:15', '10:15', '12:15', '14:15', '16:15'],
    minutes: 90,
    often: 2,
    titles: titled(
      'Seminar: ',
      'Number Theory, Game Theory, Poetry after 1945, Machine Learning, Ethics of Care, Public Finance',
      'Quantum Optics, Urban Planning, Academic Writing',
    ),
  },
  practicals: {
    from: ['09:00', '13:30'],
    minutes: 180,
    often: 4,
    titles: titled('Practical: ', 'Beginners A, Beginners B, Advanced, Project Work, Open Lab, Retake'),
  },
  meetings: {
    from: ['09:00', '10:30', '13:00', '14:30', '16:00'],
    minutes: 60,
    often: 2,
    titles: titled(
      '',
      'Study Group, Doctoral Interview, Budget Review, Student Council, Project Meeting, Hiring Committee',
      'Visitors from Bologna',
    ),
  },
};

function titled(prefix: string, ...lists: readonly string[]): string[] {
  return lists.flatMap((list) => list.split(', ')).map((title) => prefix + title);
}

/** A working week, Monday to Friday. Spread by small coprime steps: it looks lived in and is the same every time. */
export function demoWeek(): DemoBooking[] {
  const week: DemoBooking[] = [];
  for (const [r, room] of demoRooms.entries()) {
    const { from, minutes, often, titles } = WEEK[room.use];
    for (let day = 0; day < 5; day++)
      for (const [s, start] of from.entries()) {
        if ((r * 7 + day * 3 + s * 4 + ((r * day) % 5)) % 10 >= often) continue;
        const title = titles[(r * 5 + day * 3 + s) % titles.length] ?? '';
        week.push({ room, day, from: start, minutes, title });
      }
  }
  return week;
}
