// @neusim/export: files that other tools read.

export {};
