import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEctt, type Timetable } from './ectt.ts';
import { planWeek, type Plan } from './plan.ts';

const college = parseEctt(
  await readFile(new URL('../../../test/data/college.ectt', import.meta.url), 'utf8'),
);
const erlangen = process.env['HOLDFAST_TEST_ECTT'];

/** A lecture as `course/number`. */
const label = ({ course, number }: Plan['placed'][number] | Plan['refused'][number]) =>
  `${course.name}/${number}`;

/** Checks a plan against the file alone: every lecture once, and no rule broken. */
function assertSound(timetable: Timetable, plan: Plan): void {
  const wanted = timetable.courses.flatMap(({ name, lectures }) =>
    Array.from({ length: lectures }, (_, i) => `${name}/${i + 1}`),
  );
  assert.deepEqual([...plan.placed, ...plan.refused].map(label).sort(), wanted.sort());
  const taken = new Set<string>();
  for (const { course, period, room } of plan.placed) {
    assert.ok(period >= 0 && period < timetable.days * timetable.periodsPerDay);
    assert.ok(room.capacity >= course.students, `${course.name} has more students than ${room.name} seats`);
    assert.ok(!course.unsuitable.has(room.name), `${course.name} may not be in ${room.name}`);
    assert.ok(!course.unavailable.has(period), `${course.name} is unavailable in period ${period}`);
    for (const use of [`room ${room.name}`, `teacher ${course.teacher}`, `course ${course.name}`]) {
      assert.ok(!taken.has(`${use} at ${period}`), `${use} twice in period ${period}`);
      taken.add(`${use} at ${period}`);
    }
  }
}

test('lectures go into the first period and the smallest room that fits', () => {
  const plan = planWeek(college);
  assertSound(college, plan);
  assert.deepEqual(
    plan.placed.map((lecture) => [label(lecture), lecture.period, lecture.room.name]),
    [
      ['Algebra/1', 1, 'Aula'], // unavailable in period 0
      ['Algebra/2', 2, 'Aula'],
      ['Algebra/3', 3, 'Aula'],
      ['Botany/1', 0, 'Lab'],
      ['Botany/2', 1, 'Lab'],
      ['Chemistry/1', 3, 'Lab'], // only the Lab has 20 seats and is allowed
      ['Chemistry/2', 4, 'Lab'],
      ['Drawing/1', 0, 'Aula'], // the two smaller rooms do not suit
      ['French/1', 5, 'Lab'],
    ],
  );
  assert.deepEqual(
    plan.refused.map((lecture) => [label(lecture), lecture.reason]),
    [['Ethics/1', 'no_room_large_enough']],
  );
});

test('teachers whose names differ only in case are two people', () => {
  const [algebra, botany] = college.courses;
  assert.ok(algebra && botany);
  const together = planWeek({ ...college, courses: [{ ...algebra, unavailable: new Set() }, botany] });
  assert.equal(together.placed.find((lecture) => label(lecture) === 'Algebra/1')?.period, 0);
  assert.equal(together.placed.find((lecture) => label(lecture) === 'Botany/1')?.period, 0);
});

test('each refusal names its reason', () => {
  const room = { name: 'R', capacity: 10, building: 'B' };
  const course = { lectures: 1, students: 5, unavailable: new Set<number>(), unsuitable: new Set<string>() };
  const courses = [
    { ...course, name: 'large', teacher: 'a', students: 11 },
    { ...course, name: 'unsuitable', teacher: 'b', unsuitable: new Set(['R']) },
    { ...course, name: 'unavailable', teacher: 'c', unavailable: new Set([0]) },
    { ...course, name: 'first', teacher: 'd' },
    { ...course, name: 'busy', teacher: 'd' },
    { ...course, name: 'late', teacher: 'e' },
  ];
  const plan = planWeek({ name: 'one room', days: 1, periodsPerDay: 1, rooms: [room], courses });
  assert.deepEqual(plan.placed.map(label), ['first/1']);
  assert.deepEqual(
    plan.refused.map((lecture) => [lecture.course.name, lecture.reason]),
    [
      ['large', 'no_room_large_enough'],
      ['unsuitable', 'no_room_suitable'],
      ['unavailable', 'course_unavailable'],
      ['busy', 'teacher_busy'],
      ['late', 'no_free_room'],
    ],
  );
});

const someTimetable: fc.Arbitrary<Timetable> = fc
  .record({ days: fc.integer({ min: 1, max: 3 }), periodsPerDay: fc.integer({ min: 1, max: 3 }) })
  .chain(({ days, periodsPerDay }) =>
    fc.record({
      name: fc.constant('any'),
      days: fc.constant(days),
      periodsPerDay: fc.constant(periodsPerDay),
      rooms: fc.uniqueArray(
        fc.record({
          name: fc.constantFrom('r1', 'r2', 'r3'),
          capacity: fc.integer({ min: 0, max: 9 }),
          building: fc.constant('b'),
        }),
        { selector: (room) => room.name },
      ),
      courses: fc.uniqueArray(
        fc.record({
          name: fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5', 'c6'),
          teacher: fc.constantFrom('t', 'T', 'u'),
          lectures: fc.integer({ min: 0, max: 4 }),
          students: fc.integer({ min: 0, max: 10 }),
          unavailable: fc.array(fc.nat(days * periodsPerDay - 1)).map((periods) => new Set(periods)),
          unsuitable: fc.subarray(['r1', 'r2', 'r3']).map((names) => new Set(names)),
        }),
        { selector: (course) => course.name },
      ),
    }),
  );

test('no plan of any timetable breaks a rule, and a refused lecture really had no place', () => {
  fc.assert(
    fc.property(someTimetable, (timetable) => {
      const plan = planWeek(timetable);
      assertSound(timetable, plan);
      for (const { course } of plan.refused)
        for (let period = 0; period < timetable.days * timetable.periodsPerDay; period++)
          for (const room of timetable.rooms) {
            const [lecture] = plan.refused.filter((other) => other.course === course);
            assert.ok(lecture);
            const forced = { ...lecture, period, room };
            const rest = plan.refused.filter((other) => other !== lecture);
            assert.throws(() => assertSound(timetable, { placed: [...plan.placed, forced], refused: rest }));
          }
    }),
  );
});

// The benchmark's file belongs to others and is not part of the project: the test exists where it is named.
if (erlangen !== undefined)
  test('the plan of a real university is sound, always the same and places 806 of 829 lectures', async () => {
    const timetable = parseEctt(await readFile(erlangen, 'utf8'));
    const plan = planWeek(timetable);
    assertSound(timetable, plan);
    assert.deepEqual(planWeek(timetable), plan);
    const count = (reason: string) => plan.refused.filter((lecture) => lecture.reason === reason).length;
    assert.deepEqual([plan.placed.length, count('no_room_suitable'), count('no_free_room')], [806, 14, 9]);
  });
