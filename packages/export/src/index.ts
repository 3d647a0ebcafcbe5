// @neusim/export: files that other tools read.

export { type EventFileContent, type ReadEvent, readEventFile } from './tensorboard/read';
export {
  createTensorBoardSink,
  type RunEvent,
  type SinkPlatform,
  type TensorBoardSink,
} from './tensorboard/sink';
