#!/usr/bin/env node
// Not dist/main.js itself: npm links a bin at install, before anything is built.
import '../dist/main.js';
