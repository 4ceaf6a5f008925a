import { expect, test } from 'vitest';
import { madeBy } from './inspector-state.svelte.ts';
import { Ships } from './ships.ts';

test.each([
  ['/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'],
  ['/bin/sh -c #(nop) ADD file:3a7e in / ', 'ADD file:3a7e in /'],
  ['RUN /bin/sh -c pip install -r requirements.txt # buildkit', 'RUN pip install -r requirements.txt'],
  ['/bin/sh -c apt-get update', 'RUN apt-get update'],
  ['COPY . . # buildkit', 'COPY . .'],
])('%j was made by %j', (createdBy, expected) => expect(madeBy(createdBy)).toBe(expected));

test('an image keeps its colour whatever its tag, and the first five differ', () => {
  const ships = new Ships();
  const images = ['busybox', 'nginx', 'redis:7', 'localhost:5000/team/app:2', 'alpine'];
  const colours = images.map((image) => ships.colourOf(image));
  expect(new Set(colours).size).toBe(5);
  expect(ships.colourOf('redis:6')).toBe(colours[2]);
  expect(ships.colourOf('localhost:5000/team/app')).toBe(colours[3]);
});
