import '@mantine/core/styles.css';
import { Container, MantineProvider, Text, Title } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { NONCE } from './nonce.ts';

const place = document.getElementById('root');
if (place === null) throw new Error('The page has no place for the panel.');

createRoot(place).render(
  <StrictMode>
    <MantineProvider defaultColorScheme="auto" getStyleNonce={() => NONCE}>
      <Container size="sm" pt="xl">
        <Title order={1}>Bluewire</Title>
        <Text>The hub is running.</Text>
      </Container>
    </MantineProvider>
  </StrictMode>,
);
