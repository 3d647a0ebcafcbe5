/** A network that trains in a second: a static M on a few digits. */
export const tiny = [
  'model={"name":"nsn-digits","similarity":"static-uns","width":4,"depth":1}',
  'dataset={"name":"digits","limit":{"train":64,"test":32}}',
  'steps=12',
  'batchSize=8',
  'schedule.warmup=2',
  'evaluation.every=0',
  'log.every=1',
].flatMap((assignment) => ['--set', assignment]);
