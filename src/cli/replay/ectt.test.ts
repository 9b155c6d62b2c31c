import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parseEctt, type Course } from './ectt.ts';

const college = await readFile(new URL('../../../test/data/college.ectt', import.meta.url), 'utf8');
const erlangen = process.env['HOLDFAST_TEST_ECTT'];

/** The sample with one line replaced (1-based), or taken out. */
function edited(line: number, text?: string): string {
  const lines = college.split('\n');
  lines.splice(line - 1, 1, ...(text === undefined ? [] : [text]));
  return lines.join('\n');
}

test('a whole file is read: courses, rooms and what forbids what', () => {
  const { name, days, periodsPerDay, courses, rooms } = parseEctt(college);
  assert.deepEqual([name, days, periodsPerDay, courses.length, rooms.length], ['college', 2, 3, 6, 4]);
  assert.deepEqual(rooms[2], { name: 'Lab', capacity: 20, building: 'Annex' });
  assert.deepEqual(courses[2], {
    name: 'Chemistry',
    teacher: 'Curie',
    lectures: 2,
    students: 20,
    unavailable: new Set([0, 1, 2]),
    unsuitable: new Set(['Hall', 'Aula']),
  });
});

test('names are case-sensitive', () => {
  const teachers = parseEctt(college).courses.map((course) => course.teacher);
  assert.deepEqual(teachers.slice(0, 2), ['Noether', 'noether']);
});

test('lines may end as on Windows', () => {
  assert.deepEqual(parseEctt(college.replaceAll('\n', '\r\n')), parseEctt(college));
});

const faults: readonly [string, string, string][] = [
  ['an empty file', '', 'line 1: the file ends here, but Name: is still missing: it is cut off'],
  ['another kind of file', '{"courses": []}', 'line 1: expected "Name:" with one value'],
  ['a header field that is missing', edited(4), 'line 4: expected "Days:" with one value'],
  [
    'a count that is no number',
    edited(2, 'Courses: six'),
    'line 2: Courses must be a whole number, not "six"',
  ],
  ['a week of 8 days', edited(4, 'Days: 8'), 'line 4: Days is larger than 7'],
  ['one row less than announced', edited(17), 'line 18: COURSES has 5 rows, the header announces 6'],
  [
    'one row more than announced',
    edited(3, 'Rooms: 3'),
    'line 23: ROOMS has more rows than the 3 that the header announces',
  ],
  [
    'a row with a word too few',
    edited(12, 'Algebra Noether 3 2 60'),
    'line 12: expected "course teacher lectures minDays students doubleLectures"',
  ],
  ['a negative capacity', edited(20, 'Hall -1 Main'), 'line 20: capacity must be a whole number, not "-1"'],
  [
    'a course that stands twice',
    edited(13, 'Algebra Hilbert 1 1 5 0'),
    'line 13: the course Algebra stands twice',
  ],
  [
    'a curriculum with another number of courses',
    edited(26, 'First 2 Algebra Botany Chemistry'),
    'line 26: the curriculum announces 2 courses and names 3',
  ],
  ['an unknown course', edited(30, 'algebra 0 0'), 'line 30: there is no course algebra'],
  ['an unknown room', edited(41, 'Chemistry Attic'), 'line 41: there is no room Attic'],
  [
    'a period outside the week',
    edited(30, 'Algebra 2 0'),
    'line 30: day 2, period 0 lies outside the week of the header',
  ],
  ['something behind the end', `${college}more\n`, 'line 47: nothing may follow "END."'],
];
for (const [what, text, message] of faults)
  test(`${what} is refused with its line`, () => assert.throws(() => parseEctt(text), { message }));

test('a file cut off at any line is refused', () => {
  const lines = college.trimEnd().split('\n');
  for (let length = 0; length < lines.length; length++)
    assert.throws(
      () => parseEctt(lines.slice(0, length).join('\n')),
      { name: 'EcttError' },
      `${length} lines`,
    );
});

// The benchmark's file belongs to others and is not part of the project: the test exists where it is named.
if (erlangen !== undefined)
  test('a real university is read with the counts of its header', async () => {
    const { courses, rooms } = parseEctt(await readFile(erlangen, 'utf8'));
    const total = (of: (course: Course) => number) => courses.reduce((sum, course) => sum + of(course), 0);
    assert.deepEqual([courses.length, rooms.length], [764, 110]);
    assert.equal(
      total((course) => course.lectures),
      829,
    );
    assert.equal(
      total((course) => course.unavailable.size),
      6_283,
    );
    assert.equal(
      total((course) => course.unsuitable.size),
      55_528,
    );
    assert.ok(courses.some((course) => course.teacher === 'Lecturer16'));
    assert.ok(courses.some((course) => course.teacher === 'lecturer16'));
  });
