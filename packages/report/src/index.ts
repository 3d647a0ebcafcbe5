// @neusim/report: pictures and pages of trained networks.

export {};
