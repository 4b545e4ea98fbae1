<?php
/**
 * Stands for the theme's own template of the comments.
 *
 * @package Rejoinder
 */

defined( 'ABSPATH' ) || exit;

echo Rejoinder\thread_html( get_the_ID() ); // phpcs:ignore WordPress.Security.EscapeOutput (escaped where it is made)
