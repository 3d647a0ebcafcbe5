// vitepress's own theme with the system's fonts, and the pictures of the concepts.
import DefaultTheme from 'vitepress/theme-without-fonts';
import { h } from 'vue';
import Folding from './pictures/Folding.vue';
import Hero from './pictures/Hero.vue';
import Lines from './pictures/Lines.vue';
import Parts from './pictures/Parts.vue';
import Positions from './pictures/Positions.vue';
import Predictor from './pictures/Predictor.vue';
import Shapes from './pictures/Shapes.vue';
import './style.css';

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'home-hero-image': () => h(Hero) }),
  enhanceApp({ app }) {
    const pictures = { Lines, Parts, Positions, Predictor, Shapes, Folding };
    for (const [name, picture] of Object.entries(pictures)) app.component(`${name}Picture`, picture);
  },
};
