// CIFAR-100's 20 superclasses of five classes each, and which of them few-shot learning trains, validates and tests on. The
// number of a fine class is its place among all in the order of their names. https://www.cs.toronto.edu/~kriz/cifar.html

import type { DivisionOfClasses } from './layout';

const SUPERCLASSES = `
aquatic_mammals: beaver dolphin otter seal whale
fish: aquarium_fish flatfish ray shark trout
flowers: orchid poppy rose sunflower tulip
food_containers: bottle bowl can cup plate
fruit_and_vegetables: apple mushroom orange pear sweet_pepper
household_electrical_devices: clock keyboard lamp telephone television
household_furniture: bed chair couch table wardrobe
insects: bee beetle butterfly caterpillar cockroach
large_carnivores: bear leopard lion tiger wolf
large_man-made_outdoor_things: bridge castle house road skyscraper
large_natural_outdoor_scenes: cloud forest mountain plain sea
large_omnivores_and_herbivores: camel cattle chimpanzee elephant kangaroo
medium_mammals: fox porcupine possum raccoon skunk
non-insect_invertebrates: crab lobster snail spider worm
people: baby boy girl man woman
reptiles: crocodile dinosaur lizard snake turtle
small_mammals: hamster mouse rabbit shrew squirrel
trees: maple_tree oak_tree palm_tree pine_tree willow_tree
vehicles_1: bicycle bus motorcycle pickup_truck train
vehicles_2: lawn_mower rocket streetcar tank tractor`
  .trim()
  .split('\n')
  .map((line) => line.split(/:? /));

const superclasses = new Map(
  SUPERCLASSES.flatMap(([group = '', ...own]) => own.map((name) => [name, group])),
);

/** In the order of their numbers. */
export const FINE_CLASSES: readonly string[] = [...superclasses.keys()].sort();

/** Undefined for what is no class of CIFAR-100. */
export const superclassOf = (name: string): string | undefined => superclasses.get(name);

const divided = (validation: readonly string[], test: readonly string[]): DivisionOfClasses => ({
  train: FINE_CLASSES.filter((name) => !validation.includes(name) && !test.includes(name)),
  validation,
  test,
});

/** Bertinetto, Henriques, Torr, Vedaldi, Meta-learning with differentiable closed-form solvers, 2019: 64, 16 and 20 classes. */
export const CIFAR_FS: DivisionOfClasses = divided(
  'beaver beetle butterfly camel cattle crab crocodile flatfish lamp maple_tree motorcycle otter sea shark television tractor'.split(
    ' ',
  ),
  'baby bed bicycle chimpanzee fox leopard man pickup_truck plain poppy rocket rose snail sweet_pepper table telephone wardrobe whale woman worm'.split(
    ' ',
  ),
);

const classesOf = (...groups: readonly string[]) =>
  FINE_CLASSES.filter((name) => groups.includes(superclasses.get(name)!));

/** Oreshkin, Rodríguez López, Lacoste, TADAM, 2018: the classes of 12, 4 and 4 superclasses, 60, 20 and 20. */
export const FC100: DivisionOfClasses = divided(
  classesOf(
    'large_carnivores',
    'large_omnivores_and_herbivores',
    'non-insect_invertebrates',
    'small_mammals',
  ),
  classesOf('aquatic_mammals', 'insects', 'medium_mammals', 'people'),
);
