import type { Course, Room, Timetable } from './ectt.ts';

/**
 * Why a lecture found no place:
 * - `no_room_large_enough`: no room of the university has enough seats
 * - `no_room_suitable`: rooms are large enough, but the file allows none of them for the course
 * - `course_unavailable`: the course is unavailable in every period of the week
 * - `teacher_busy`: in every period that is left the teacher is in another lecture
 * - `no_free_room`: there were such periods, but every room that fits was taken in all of them
 */
export type RefusalReason =
  'no_room_large_enough' | 'no_room_suitable' | 'course_unavailable' | 'teacher_busy' | 'no_free_room';

/** One lecture of a course; `number` counts from 1. */
export interface Lecture {
  readonly course: Course;
  readonly number: number;
}
export interface PlacedLecture extends Lecture {
  /** Period of the week: day * periodsPerDay + period of the day. */
  readonly period: number;
  readonly room: Room;
}
export interface RefusedLecture extends Lecture {
  readonly reason: RefusalReason;
}
export interface Plan {
  readonly placed: readonly PlacedLecture[];
  readonly refused: readonly RefusedLecture[];
}

/**
 * Puts every lecture, in the order of the file, into the first period of the week and there into the smallest
 * room that is free, suitable and large enough. A teacher is never in two places, a course never twice in one
 * period, and unavailabilities are respected. The same file always gives the same plan.
 *
 * Not honoured are curricula (that students of one curriculum could attend all its courses), minimum days, double
 * lectures and lectures a day: they make a timetable good, but none of them takes a room.
 */
export function planWeek(timetable: Timetable): Plan {
  const periods = timetable.days * timetable.periodsPerDay;
  const bySize = timetable.rooms.toSorted((a, b) => a.capacity - b.capacity);
  const week: Week = Array.from({ length: periods }, () => ({ teachers: new Set(), rooms: new Set() }));
  const placed: PlacedLecture[] = [];
  const refused: RefusedLecture[] = [];
  for (const course of timetable.courses) {
    const fitting = fittingRooms(course, bySize);
    for (let number = 1; number <= course.lectures; number++) {
      const place = typeof fitting === 'string' ? fitting : firstPlace(course, fitting, week);
      if (typeof place === 'string') {
        refused.push({ course, number, reason: place });
        continue;
      }
      week[place.period]?.teachers.add(course.teacher);
      week[place.period]?.rooms.add(place.room);
      placed.push({ course, number, ...place });
    }
  }
  return { placed, refused };
}

/** Who and what is taken in each period. A busy teacher also keeps a course from meeting twice in one period. */
type Week = readonly { readonly teachers: Set<string>; readonly rooms: Set<Room> }[];

function fittingRooms(course: Course, bySize: readonly Room[]): readonly Room[] | RefusalReason {
  const large = bySize.filter((room) => room.capacity >= course.students);
  if (large.length === 0) return 'no_room_large_enough';
  const suitable = large.filter((room) => !course.unsuitable.has(room.name));
  return suitable.length === 0 ? 'no_room_suitable' : suitable;
}

function firstPlace(
  course: Course,
  rooms: readonly Room[],
  week: Week,
): { period: number; room: Room } | RefusalReason {
  let reason: RefusalReason = 'course_unavailable';
  for (const [period, taken] of week.entries()) {
    if (course.unavailable.has(period)) continue;
    if (taken.teachers.has(course.teacher)) {
      if (reason === 'course_unavailable') reason = 'teacher_busy';
      continue;
    }
    const room = rooms.find((candidate) => !taken.rooms.has(candidate));
    if (room !== undefined) return { period, room };
    reason = 'no_free_room';
  }
  return reason;
}
