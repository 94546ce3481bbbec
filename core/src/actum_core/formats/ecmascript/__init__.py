"""The small part of ECMAScript that charts are written with, read properly and told in the expression language."""
