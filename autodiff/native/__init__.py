"""What the native core is made of when the package is built: nothing here is needed to run it."""
